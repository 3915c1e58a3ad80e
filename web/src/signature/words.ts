/** Scripts that write words without spaces between them. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{N}]/u;

/** Counts words as a reader would: an address is one, and scripts without spaces have words too. */
export function countWords(text: string): number {
  return text
    .split(/\s+/)
    .filter((part) => WORD.test(part))
    .reduce((count, part) => count + (UNSPACED.test(part) ? segments(part) : 1), 0);
}

function segments(text: string): number {
  const found = new Intl.Segmenter("en", { granularity: "word" }).segment(text);
  return Array.from(found).filter((segment) => segment.isWordLike).length;
}
