"""Files in, files out: read row by row, scrub, import, export. Memory does not grow with the file; that of XLSX is bounded."""
