"""Students that work in the sandbox turn by turn, in evaluation and in training by reward."""
