"""What all shown things share: how numbers, tables and boxes are written."""
