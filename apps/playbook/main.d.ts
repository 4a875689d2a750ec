// A program to be started, not a module to be imported: it exports nothing.
export {}
