"""A scripted teacher that explores a table of penguins, proposes questions, and guesses answers without the table."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tabletutor.questions.llm.prompts import THEMES
from tests.support.chat_server import Answer, Call, completion

BODY_MASS = "Body Mass (g)"
HEAVIEST = {
    "steps": [
        {"op": "group", "by": "Species", "aggregation": "mean", "column": BODY_MASS},
        {"op": "best_group", "direction": "largest"},
    ]
}
MEAN_OF_DREAM = {
    "steps": [
        {"op": "where", "column": "Island", "comparison": "==", "value": "Dream"},
        {"op": "aggregate", "column": BODY_MASS, "aggregation": "mean"},
    ]
}


def proposal(text: str, answer_type: str = "number", **fields: Any) -> dict[str, Any]:
    """Return a proposal as a model writes it."""
    steps = fields.pop("steps", ["Keep the rows.", "Take the mean."])
    return {"text": text, "hint": "use the columns", "answer_type": answer_type, "expected_steps": steps, **fields}


# By conversation: the proposals of each reply.
Script = Mapping[int, list[list[dict[str, Any]] | str]]
SCRIPT: Script = {
    0: [
        [
            proposal("Which species has the largest mean body mass?", "category", program=HEAVIEST, steps=["Group."]),
            proposal("What is the median flipper length of penguins\n on Biscoe, to two decimals?", decimals=2),
            proposal("How many of the penguins were studied on Dream?", "integer"),
        ]
    ],
    1: [
        [
            proposal("What is the mean culmen depth of the males?", "float"),
            proposal(
                "What are the mean and the count of the culmen length of females, as a record with 'avg' and 'count'?",
                "record",
                parts=[{"name": "avg", "type": "number"}, {"name": "count", "type": "integer"}],
                steps=["Keep.", "Take.", "Count."],
            ),
            proposal("Which islands have more than 100 penguins?", "set", surprise=1),
        ],
        [
            proposal("What is the mean culmen depth of the males?"),
            proposal("Which islands have more than 100 penguins?", "set", item="category"),
        ],
    ],
    2: ["I would rather not.", '{"questions": [{"text": "Cut', "No."],
    3: [
        [
            proposal("What is the mean of the column 'wing_span' on Dream?"),
            proposal("What is the largest beak_size of all penguins?"),
            proposal("What does df show as the mean body mass?"),
            proposal("Mean?"),
            proposal("What is the median flipper length on Biscoe to two decimals for penguins?", decimals=2),
            proposal("What is the average body mass on Dream?", program=MEAN_OF_DREAM),
            proposal(
                "How heavy is the lightest species on average?",
                program=json.dumps({"steps": [{"op": "aggregate", "column": "weight", "aggregation": "mean"}]}),
            ),
            proposal("On which island do most Chinstrap penguins live?", "category"),
        ]
    ],
}
GUESSES: Mapping[str, str] = {
    "What is the average body mass on Dream?": "```json\n3712.9032258064517\n```",
    "On which island do most Chinstrap penguins live?": "I know it.\n```python\nsubmit('Dream')\n```",
    "Which species has the largest mean body mass?": "I cannot know.",
}
LOOKS = ("I look.\n```python\nprint(df.shape)\n```", "```python\nprint(df['Species'].unique())\n```")


def teach(script: Script = SCRIPT, guesses: Mapping[str, str] = GUESSES) -> Callable[[Call], Answer]:
    """Return the answers of a teacher that proposes by a script and guesses by the texts of questions."""

    def respond(call: Call) -> Answer:
        messages = call.body["messages"]
        first, last = messages[1]["content"], messages[-1]["content"]
        if "that you cannot see" in messages[0]["content"]:
            return Answer(completion(guesses.get(first.partition("\n\n")[2], "```json\nnull\n```")))
        number = next(place for place, theme in enumerate(THEMES) if f"above all about {theme}." in first)
        said = sum(message["role"] == "assistant" for message in messages)
        asked = [message for message in messages if "Now propose" in message["content"]]
        if not asked:
            turns = [*LOOKS, "Enough.\n```python\nsubmit(True)\n```"] if number else LOOKS * 2
            return Answer(completion(turns[said]))
        corrections = sum("Send " in message["content"] for message in messages[messages.index(asked[0]) :])
        assert "Now propose" in last or "Send " in last
        reply = script[number][corrections]
        text = reply if isinstance(reply, str) else f"Here:\n```json\n{json.dumps({'questions': reply})}\n```"
        return Answer(completion(text))

    return respond
