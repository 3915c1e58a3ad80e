/**
 * Imported before oidc-provider, which speaks up while it is loaded.
 * Its notices go to standard error: standard output is for the one line that the parent waits for.
 * Its remark about Node 20 is left out: our tests run on it.
 */
const warn = console.warn.bind(console);

console.info = console.error.bind(console);
console.warn = (text, ...rest) => {
  if (!String(text).includes('Unsupported runtime')) warn(text, ...rest);
};
