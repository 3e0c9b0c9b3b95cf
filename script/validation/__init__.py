"""What hassfest and HACS check, and more: code, translations, icons, metadata and docs agree. See script/validate."""
