/** The style of `<boxoffice-map>` inside its shadow tree: a page changes it by custom properties. */
export const ELEMENT_STYLE = `
:host { display: block; height: 30rem; font: 1rem/1.4 system-ui, sans-serif; color: var(--ink, #1b1e23); background: var(--ground, #fff); }
:host([hidden]) { display: none; }
@media (prefers-color-scheme: dark) { :host { color: var(--ink, #eceef2); background: var(--ground, #14161a); color-scheme: dark; } }
.frame { display: flex; flex-direction: column; height: 100%; }
.map { flex: 1; min-height: 0; position: relative; }
.buttons { position: absolute; right: .5rem; top: .5rem; display: flex; flex-direction: column; gap: .25rem; }
.buttons button { width: 2.75rem; height: 2.75rem; font: inherit; font-size: 1.25rem; }
.map-legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; margin: 0; padding: .5rem; font-size: .875rem; }
.map-legend li { display: flex; align-items: center; gap: .35rem; }
.status { margin: 0; padding: .25rem .5rem; font-size: .875rem; }
.status:empty { display: none; }
.map-section { font: inherit; font-size: .875rem; padding: .35rem; }
`;
