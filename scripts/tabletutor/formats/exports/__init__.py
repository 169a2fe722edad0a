"""Exports of training rows: dataset folders, and the layouts of other libraries. No rule reads them."""
