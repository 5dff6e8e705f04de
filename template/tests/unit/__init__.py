"""Rules alone, with fakes where the database would be."""
