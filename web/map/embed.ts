/** The entry for pages of others: defines `<boxoffice-map>`. */
import { BoxofficeMap } from "./element";

if (customElements.get("boxoffice-map") === undefined) {
  customElements.define("boxoffice-map", BoxofficeMap);
}
