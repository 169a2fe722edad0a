"""Frames: the wordings that all families with one kind of question share.

For example, a family that asks which group is best fills `{what}` with "species" and `{best}` with "the highest average
body mass" in `WHICH`. `{front}` and `{back}` are the places of the population (`population.py`). Each tuple mixes the
ways in which people ask: a question, an order, a few words, a chat, a memo. The last quarter of each is never trained,
and differs from the others in structure.
"""

VALUE = (
    "What is the {noun}{back}?",
    "{front}what is the {noun}?",
    "[Compute|Calculate|Find|Give] the {noun}{back}.",
    "{front}[compute|find|work out] the {noun}.",
    "Just the {noun}{back}, please.",
    "[Can|Could] you tell me the {noun}{back}?",
    "I [need|want] to know the {noun}{back}.",
    "Please report the {noun}{back}.",
    "{front}what would you report as the {noun}?",
    # held out
    "What I am after is the {noun}{back}.",
    "Looking at {whole}, what do you get for the {noun}?",
    "From {whole}, I need the {noun}.",
)
PICK = (
    "What is the {noun}{back}?",
    "{front}what is the {noun}?",
    "[Find|Give] the {noun}{back}.",
    "{front}[find|give] the {noun}.",
    "Just the {noun}{back}, please.",
    "[Can|Could] you tell me the {noun}{back}?",
    "I [need|want] to know the {noun}{back}.",
    "Please report the {noun}{back}.",
    # held out
    "What I am after is the {noun}{back}.",
    "Looking at {whole}, what is the {noun}?",
)
COUNT = (
    "How many {rows} are there {where}?",
    "Count the {rows} {where}.",
    "What is the number of {rows} {where}?",
    "Number of {rows} {where}?",
    "[Can|Could] you count the {rows} {where}?",
    "Please report how many {rows} there are {where}.",
    "I [need|want] to know how many {rows} there are {where}.",
    # held out
    "If I keep only {rows} {where}, how many are left?",
    "Going through {whole}: how many are there?",
)
WHICH = (
    "Which {what} has {best}{back}?",
    "{front}which {what} has {best}?",
    "[Find|Give] the {what} with {best}{back}.",
    "{front}find the {what} with {best}.",
    "Just the {what} with {best}{back}, please.",
    "[Can|Could] you tell me which {what} has {best}{back}?",
    "I am looking for the {what} with {best}{back}.",
    "Please [report|identify] the {what} with {best}{back}.",
    "{front}what is the {what} with {best}?",
    # held out
    "{front}compare the {noun} by {what}: which one has {best}?",
    "Looking at {whole}, which {what} has {best}?",
    "{front}one {what} has {best}: which one?",
)
LIST = (
    "Which {n} {whats} have {best}{back}? {order}",
    "{front}which {n} {whats} have {best}? {order}",
    "[List|Give] the {n} {whats} with {best}{back}. {order}",
    "{front}list the {n} {whats} with {best}. {order}",
    "Just the {n} {whats} with {best}{back}, please. {order}",
    "[Can|Could] you list the {n} {whats} with {best}{back}? {order}",
    "Please report the {n} {whats} with {best}{back}. {order}",
    # held out
    "{front}pick {n} {whats}: those with {best}. {order}",
    "I would like a short list of {n} {whats}: those with {best}{back}. {order}",
)
SET = (
    "Which {whats} have {limit}{back}? [List all of them.|Give all of them.]",
    "{front}which {whats} have {limit}? [List all of them.|Give all of them.]",
    "[List|Give] all {whats} with {limit}{back}.",
    "{front}list all {whats} with {limit}.",
    "Just the {whats} with {limit}{back}, please.",
    "[Can|Could] you list the {whats} with {limit}{back}? I need all of them.",
    "Please report all {whats} with {limit}{back}.",
    # held out
    "{front}go through the {whats} one by one. Which of them have {limit}?",
    "Looking at {whole}, what are the {whats} with {limit}?",
)
HOW_MANY = (
    "How many {whats} have {limit}{back}?",
    "{front}how many {whats} have {limit}?",
    "Count the {whats} with {limit}{back}.",
    "What is the number of {whats} with {limit}{back}?",
    "[Can|Could] you count the {whats} with {limit}{back}?",
    "Please report how many {whats} have {limit}{back}.",
    "Number of {whats} with {limit}{back}?",
    # held out
    "{front}go through the {whats} one by one. How many of them have {limit}?",
    "Looking at {whole}, for how many {whats} do you find {limit}?",
)
# The groups are parts of a date: {in_which} is "in which quarter" or "on which weekday (by order date)".
WHEN = (
    "{in_which} {is_best}{back}?",
    "{front}{in_which} {is_best}?",
    "[Find|Give] the {what} with {best}{back}.",
    "{front}find the {what} with {best}.",
    "[Can|Could] you tell me {in_which} {best_is}{back}?",
    "Please report {in_which} {best_is}{back}.",
    # held out
    "Compare the {noun} by {what}{back}: which one has {best}?",
    "Looking at {whole}, {in_which} {is_best}?",
)
MAPPING = (
    "What is the {noun} for each {by}{back}?",
    "{front}what is the {noun} for each {by}?",
    "[Compute|Give|Find] the {noun} for each {by}{back}.",
    "{front}give the {noun} for each {by}.",
    "Break the {noun} down by {column}{back}.",
    "{front}the {noun} by {column}, please.",
    "[Can|Could] you give me the {noun} for each {by}{back}?",
    "Please report the {noun} by {column}{back}.",
    # held out
    "Per {by}, what is the {noun}{back}?",
    "Group {whole} by {column} and show the {noun} of each group.",
)
YES_NO = (
    "Is {claim}{back}?",
    "{front}is {claim}?",
    "[Tell me|Check] whether {statement}{back}.",
    "[Can|Could] you check whether {statement}{back}?",
    "Please confirm or deny: {statement}{back}.",
    "{front}is it true that {statement}?",
    # held out
    "Somebody claims that {statement}{back}. Is that right?",
    "True or false, for {whole}: {statement}?",
)
RECORD = (
    "What are the {nouns}{back}?",
    "{front}what are the {nouns}?",
    "[Compute|Give|Find] the {nouns}{back}.",
    "{front}compute the {nouns}.",
    "[Can|Could] you give me the {nouns}{back}?",
    "Please report the {nouns}{back}.",
    # held out
    "I would like a short summary of {whole}: the {nouns}.",
    "Looking at {whole}, what do you get for the {nouns}?",
)
TABLE = (
    "What is the {noun} for each combination of {column} and {other}{back}?",
    "{front}what is the {noun} for each combination of {column} and {other}?",
    "[Compute|Give] the {noun} for every pair of {column} and {other}{back}.",
    "Make a pivot table of the {noun} with {column} in the rows and {other} in the columns{back}.",
    "[Can|Could] you break the {noun} down by {column} and {other}{back}?",
    "Please report the {noun} by {column} and {other}{back}.",
    # held out
    "Cross {column} with {other}{back}: what is the {noun} in each cell?",
    "Group {whole} by both {column} and {other} and show the {noun} of each group.",
)
