"""Code that tests share. Import it by its full name: `from tests.support.cases import question`."""
