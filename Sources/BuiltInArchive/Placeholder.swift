// BuiltInArchive
