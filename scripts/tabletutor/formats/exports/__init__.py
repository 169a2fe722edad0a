"""Training rows for others: dataset folders, and the layouts of other libraries. No rule reads what is made here."""
