"""Methods: histories in, the next plan or the choice out."""
