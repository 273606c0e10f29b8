/** The buyers' page: its frame, and the page that the address means. */
import { useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect } from "preact/hooks";
import { hasSession, sessionEnded } from "../api/session";
import { LANGUAGES, type Language, choose, language, readLanguage, words } from "../text/language";
import { LiveRegion } from "./announce";
import { Loading, Note } from "./note";
import { later } from "./later";
import { followLinks, route } from "./route";
import { ShowPage } from "./show-page";
import { ShowsPage } from "./shows-page";
import { Title } from "./title";
import { unread } from "./unread";

const OrderPage = later(() => import("./later/order-page").then((part) => part.OrderPage), Loading);
const OrdersPage = later(() => import("./later/orders-page").then((part) => part.OrdersPage), Loading);

const Toasts = later(() => import("./later/toasts").then((part) => part.Toasts));

/** The inbox is read after what the buyer has come for. */
const INBOX_MS = 2_000;

function Page() {
  const at = route.value;
  switch (at.page) {
    case "shows":
      return <ShowsPage />;
    case "show":
      return <ShowPage key={at.show} id={at.show} />;
    case "order":
      return <OrderPage key={at.order} id={at.order} />;
    case "orders":
      return <OrdersPage />;
    case "nowhere":
      return <Nowhere />;
  }
}

function Nowhere() {
  const w = words.value;
  return (
    <>
      <Title name={w.nothingHere} />
      <p>
        <a href="/">{w.toShows}</a>
      </p>
    </>
  );
}

function Languages() {
  return (
    <select
      aria-label={words.value.language}
      value={language.value}
      onChange={(event) => void choose(event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([tag, name]) => (
        <option key={tag} value={tag} lang={tag}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Frame() {
  const w = words.value;
  const { page } = route.value;
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  const isSettled = useSignal(false);
  useEffect(() => void setTimeout(() => (isSettled.value = true), INBOX_MS), []);
  return (
    <>
      <a class="skip" href="#main">
        {w.skip}
      </a>
      <header class="top no-print">
        <a class="brand" href="/">
          {w.office}
        </a>
        <nav aria-label={w.pages}>
          <a href="/" {...(page === "shows" ? { "aria-current": "page" } : {})}>
            {w.shows}
          </a>
          <a href="/orders" {...(page === "orders" ? { "aria-current": "page" } : {})}>
            {w.orders} {unread.value > 0 && <b>{w.unread(unread.value)}</b>}
          </a>
        </nav>
        <Languages />
      </header>
      <main id="main" tabIndex={-1}>
        {sessionEnded.value && (
          <Note tone="warning" urgent>
            {w.sessionEnded}
          </Note>
        )}
        <Page />
      </main>
      {hasSession.value && isSettled.value && <Toasts />}
      <LiveRegion />
    </>
  );
}

const root = document.getElementById("page");
if (root) {
  // Pages of providers send buyers back with words of their own, which nobody needs and nobody should copy.
  if (location.search && route.value.page !== "show") history.replaceState(null, "", location.pathname);
  followLinks();
  readLanguage().then(
    () => render(<Frame />, root),
    () => {
      root.textContent = "The page can't be loaded. Reload it.";
    },
  );
}
