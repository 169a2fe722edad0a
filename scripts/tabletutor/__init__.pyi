from tabletutor.api import Table as Table
from tabletutor.api import ask_questions as ask_questions
from tabletutor.api import match as match
from tabletutor.api import open_sandbox as open_sandbox
from tabletutor.api import profile as profile
from tabletutor.api import read_episodes as read_episodes
from tabletutor.api import read_questions as read_questions
from tabletutor.api import read_table as read_table
