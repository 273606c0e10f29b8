/** For those who listen: out of sight, but there. Set by script, as a page's policy may allow no inline style. */
export function hideFromSight(element: HTMLElement): void {
  Object.assign(element.style, {
    position: "absolute",
    width: "1px",
    height: "1px",
    overflow: "hidden",
    clipPath: "inset(50%)",
    whiteSpace: "nowrap",
  });
}
