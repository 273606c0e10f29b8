/** How many notices of the inbox the buyer has not seen yet; known once the inbox is read. */
import { signal } from "@preact/signals";

export const unread = signal(0);
