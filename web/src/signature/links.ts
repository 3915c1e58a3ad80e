/** What was typed as the address of a link, as the service accepts it; null for anything else. */
export function addressOf(typed: string): string | null {
  const text = typed.trim();
  if (!text || /\s/.test(text)) return null;
  if (/^(https?:\/\/|mailto:|tel:)./i.test(text)) return text;
  if (/^[^@/:]+@[^@/:]+\.[^@/:]+$/.test(text)) return `mailto:${text}`;
  if (/^[^:/]+\.[^:/]+(\/.*)?$/.test(text)) return `https://${text}`;
  return null;
}
