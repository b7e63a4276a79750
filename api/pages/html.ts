/** The frame of Baton's own pages: plain HTML without scripts, readable in light and dark. */

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character]!);

/** `code` in backticks and [links](/like/this), the only markup our own texts use. */
export const marked = (text: string): string =>
  escaped(text)
    .replace(/`([^`]+)`/g, '<code>$1</code>')
    .replace(/\[([^\]]+)\]\((\/[^)]*)\)/g, '<a href="$2">$1</a>');

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
  code, pre { font: 0.9em/1.5 ui-monospace, monospace; }
  pre { padding: 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
  article, .problem { border-top: 1px solid var(--line); padding: 0.6rem 0; }
  h3 { margin: 0.4rem 0; }
  .method { display: inline-block; min-width: 4rem; font-weight: 700; }
  table { border-collapse: collapse; }
  td, th { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
`;

export const STYLE_HASH_SOURCE = STYLE;

/** A whole page. `body` is HTML already. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
