"""Checks of hassfest and HACS, and more: code, translations, icons, metadata and docs agree. See script/validate."""
