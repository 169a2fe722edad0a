"""Charts as inline SVG, drawn at build time: no script in the page, the same bytes on every machine.

Vega-Altair describes, vl-convert draws. Text is measured with a font vl-convert carries (Roboto) and no font of the
machine. Colours that depend on the theme (text, grid) are left to the page's style sheet, which wins over the
attributes in the SVG; the series colours are legible on light and dark.
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
WIDTH, LABELS = 540, 215  # pixels of the plot, and of the labels before it: charts stand in one line


def accuracy_chart(name: str, rows: Sequence[Mapping[str, Any]], order: Sequence[str], runs: Sequence[str]) -> Markup:
    """Accuracy with its interval by group and run.

    Args:
        name: Name of the chart, unique on the page.
        rows: `group` (label), `run`, `accuracy`, `low`, `high` as percentages.
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
    """Training and validation loss by step. Rows hold `step`, `split` and `loss`."""
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
    """Counts by group as stacked bars. Rows hold `group`, `series` and `count`."""
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
    """The axis of group names: of one width in all charts."""
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
    drawn: str = vl_convert.vegalite_to_svg(configured.to_dict(), vl_version=VEGALITE)
    # Vega numbers ids through the life of the process; here they follow from the chart alone, and are its own.
    ids = list(dict.fromkeys(re.findall(r'\bid="([A-Za-z]+\d+)"', drawn)))
    fresh = {old: f"{name}-{number}" for number, old in enumerate(ids)}
    drawn = re.sub(r'\bid="([A-Za-z]+\d+)"', lambda found: f'id="{fresh[found[1]]}"', drawn)
    drawn = re.sub(r"url\(#([A-Za-z]+\d+)\)", lambda found: f"url(#{fresh[found[1]]})", drawn)
    width = re.search(r'width="([\d.]+)"', drawn)
    minimum = min(float(width[1]), 520.0) if width else 520.0
    drawn = drawn.replace("<svg ", f'<svg role="img" aria-label="{label}" style="min-width:{minimum:.0f}px" ', 1)
    return Markup(drawn)  # drawn by Vega, which escapes the text of labels
