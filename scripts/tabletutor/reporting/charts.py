"""Draw charts as inline SVG when the report is built. The page needs no script; the bytes are the same everywhere.

Vega-Altair specifies the charts and vl-convert renders them. Text is measured with Roboto, which is part of vl-convert,
not with fonts of the machine. The page's style sheet sets the colours of text and grid, so charts follow the light and
dark theme. The series colours are legible in both.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import altair as alt
import vl_convert
from markupsafe import Markup

BASELINE, CANDIDATE = "#8a93a3", "#2a8fd6"
SERIES = (CANDIDATE, "#e0792b", "#4c9f70", "#a86fc0")
VEGALITE = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
WIDTH, LABELS = 540, 215  # width in pixels of the plot and of its labels, the same in all charts so that they align


def accuracy_chart(name: str, rows: Sequence[Mapping[str, Any]], order: Sequence[str], runs: Sequence[str]) -> Markup:
    """Return a chart of accuracies with their intervals, by group and run.

    Args:
        name: Name of the chart, unique on the page.
        rows: Dictionaries with `group` (label), `run`, and `accuracy`, `low` and `high` in percent.
        order: The groups from top to bottom.
        runs: Baseline, then candidate.
    """
    sort = list(order)
    y = alt.Y("group:N", sort=sort, title=None, axis=_labels())
    x_axis = alt.Axis(
        values=list(range(0, 101, 20)), title="correct answers, %", domain=False, ticks=False, labelFlush=False
    )
    base = alt.Chart(alt.Data(values=[dict(row) for row in rows])).encode(
        y=y,
        yOffset=alt.YOffset("run:N", sort=list(runs), scale=alt.Scale(paddingOuter=0.45)),
        color=alt.Color(
            "run:N", sort=list(runs), scale=alt.Scale(domain=list(runs), range=[BASELINE, CANDIDATE]), title=None
        ),
    )
    x = alt.X("accuracy:Q", scale=alt.Scale(domain=[0, 100]), axis=x_axis)
    bars = base.mark_rule(strokeWidth=2, opacity=0.65).encode(x=alt.X("low:Q", axis=x_axis), x2="high:Q")
    points = base.mark_point(filled=True, size=62, opacity=1).encode(x=x)
    chart = alt.layer(bars, points).properties(width=WIDTH, height=alt.Step(17))
    return _svg(name, chart, f"Accuracy with interval by {name}")


def loss_chart(name: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Return a chart of training and validation loss by step. Rows hold `step`, `split` and `loss`."""
    splits = sorted({str(row["split"]) for row in rows})
    color = alt.Color(
        "split:N", scale=alt.Scale(domain=splits, range=list(SERIES[: len(splits)])), title=None, sort=splits
    )
    chart = (
        alt.Chart(alt.Data(values=[dict(row) for row in rows]))
        .mark_line(strokeWidth=1.8, point=alt.OverlayMarkDef(size=14) if len(rows) < 60 else False)
        .encode(
            x=alt.X("step:Q", title="optimiser step", axis=alt.Axis(grid=False, tickMinStep=1)),
            y=alt.Y("loss:Q", title="loss per trained token", scale=alt.Scale(zero=True)),
            color=color,
        )
        .properties(width=WIDTH + 130, height=220)
    )
    return _svg(name, chart, "Loss by optimiser step")


def stacked_chart(name: str, rows: Sequence[Mapping[str, Any]], order: Sequence[str], series: Sequence[str]) -> Markup:
    """Return a chart of counts by group as stacked bars. Rows hold `group`, `series`, `count` and `rank`."""
    chart = (
        alt.Chart(alt.Data(values=[dict(row) for row in rows]))
        .mark_bar(height=11, cornerRadius=1)
        .encode(
            y=alt.Y(
                "group:N",
                sort=list(order),
                title=None,
                axis=_labels(),
            ),
            x=alt.X("sum(count):Q", title="questions", axis=alt.Axis(domain=False, ticks=False, tickMinStep=1)),
            color=alt.Color(
                "series:N", sort=list(series), scale=alt.Scale(domain=list(series), range=list(SERIES)), title=None
            ),
            order=alt.Order("rank:Q"),
        )
        .properties(width=WIDTH, height=alt.Step(17))
    )
    return _svg(name, chart, f"Counts by {name}")


def _labels() -> alt.Axis:
    """Return the axis of group names, with the same width in all charts."""
    return alt.Axis(
        labelLimit=LABELS - 10, minExtent=LABELS, maxExtent=LABELS, ticks=False, domain=False, labelPadding=8
    )


def _svg(name: str, chart: alt.Chart | alt.LayerChart | alt.FacetChart, label: str) -> Markup:
    text = alt.LegendConfig(orient="top", labelFontSize=12, symbolType="circle", offset=6)
    configured = cast(Any, chart).configure(
        font="Roboto",
        background="transparent",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(labelFontSize=11.5, titleFontSize=11.5, titleFontWeight="normal", titlePadding=10),
        legend=text,
        padding=2,
    )
    svg: str = vl_convert.vegalite_to_svg(configured.to_dict(), vl_version=VEGALITE)
    # Vega numbers ids per process. Renumber them per chart, so that the bytes depend on the chart alone.
    ids = list(dict.fromkeys(re.findall(r'\bid="([A-Za-z]+\d+)"', svg)))
    new_ids = {old: f"{name}-{number}" for number, old in enumerate(ids)}
    svg = re.sub(r'\bid="([A-Za-z]+\d+)"', lambda found: f'id="{new_ids[found[1]]}"', svg)
    svg = re.sub(r"url\(#([A-Za-z]+\d+)\)", lambda found: f"url(#{new_ids[found[1]]})", svg)
    width = re.search(r'width="([\d.]+)"', svg)
    minimum = min(float(width[1]), 520.0) if width else 520.0
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="min-width:{minimum:.0f}px" ', 1)
    return Markup(svg)  # safe: Vega escapes the text of labels
