/** Chooses the section that the keyboard is in, and brings it into view: the way across a large hall for everybody. */
import type { PlanModel } from "./plan";
import type { MapText } from "./text";

export function sectionChoice(plan: PlanModel, text: MapText, chosen: (section: number) => void): HTMLSelectElement {
  const select = document.createElement("select");
  select.className = "map-section";
  select.setAttribute("aria-label", text.chooseSection);
  select.append(...plan.sections.map(({ name }, at) => new Option(text.section(name), String(at))));
  select.addEventListener("change", () => chosen(Number(select.value)));
  Object.assign(select.style, { position: "absolute", left: "8px", top: "8px", maxWidth: "50%" });
  select.hidden = plan.sections.length < 2;
  return select;
}
