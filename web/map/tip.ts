/** A seat in words beside it, for those who see the map: the grid says the same to those who listen. */
import type { Palette } from "./palette";

export class Tip {
  readonly element = document.createElement("div");

  constructor() {
    this.element.setAttribute("aria-hidden", "true");
    this.element.className = "map-tip";
    Object.assign(this.element.style, {
      position: "absolute",
      left: "0",
      top: "0",
      padding: "4px 8px",
      borderRadius: "6px",
      font: "13px/1.4 system-ui, sans-serif",
      pointerEvents: "none",
      maxWidth: "80%",
    });
    this.hide();
  }

  recolor(palette: Palette): void {
    this.element.style.background = palette.ink;
    this.element.style.color = palette.ground;
  }

  /** Above a point of the map, or below it where there is no room; within its width. */
  show(text: string, x: number, y: number, reach: number, width: number): void {
    const { element } = this;
    element.textContent = text;
    element.hidden = false;
    const left = Math.min(width - element.offsetWidth - 4, Math.max(4, x - element.offsetWidth / 2));
    const above = y - reach - 8 - element.offsetHeight;
    element.style.transform = `translate(${Math.round(left)}px, ${Math.round(above > 0 ? above : y + reach + 8)}px)`;
  }

  hide(): void {
    this.element.hidden = true;
  }
}
