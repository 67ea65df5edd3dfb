// What islands use of the shell. They read it from the page instead of importing it, so that the shell stays one
// file: a shared chunk would cost every page a request.
export const { all, csrf, debounce, find, isNewer, newKey, on, toast, visit, words } = globalThis.hanse
