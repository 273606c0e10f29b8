/** Chooses the section that the keyboard is in, or a floor, and brings it into view: the way across a large hall for everybody. */
import type { PlanModel } from "./plan";
import type { MapText } from "./text";

export function sectionChoice(plan: PlanModel, text: MapText, chosen: (sections: readonly number[]) => void): HTMLSelectElement {
  const select = document.createElement("select");
  select.className = "map-section";
  select.setAttribute("aria-label", text.chooseSection);
  const { floors, sections = [] } = plan.document;
  const option = (words: string, which: readonly number[]): HTMLOptionElement => new Option(words, String(which));
  const of = (floor: string | undefined): number[] => plan.sections.flatMap((_, at) => (sections[at]?.floor === floor ? at : []));
  select.append(
    ...(floors ?? [{ name: undefined, label: undefined }]).flatMap(({ name, label }) => [
      ...(name ? [option(label ?? name, of(name))] : []),
      ...of(name).map((at) => option(text.section(plan.sections[at]?.name ?? ""), [at])),
    ]),
  );
  select.addEventListener("change", () => chosen(select.value.split(",").map(Number)));
  Object.assign(select.style, { position: "absolute", left: "8px", top: "8px", maxWidth: "50%" });
  select.hidden = plan.sections.length < 2;
  return select;
}
