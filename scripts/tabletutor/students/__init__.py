"""Students at work in the sandbox, turn by turn: while they are evaluated, and while they are trained by reward."""
