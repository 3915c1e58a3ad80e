/** Counts words as a reader would: scripts without spaces have words too. */
export function countWords(text: string): number {
  const segments = new Intl.Segmenter("en", { granularity: "word" }).segment(text);
  return Array.from(segments).filter((segment) => segment.isWordLike).length;
}
