/** Puts a text where it can be pasted. Browsers do so for pages that came over TLS only, and may ask the buyer: whether it was done. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
