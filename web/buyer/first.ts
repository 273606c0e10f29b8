/**
 * What the parts that are loaded later share with what is loaded first. They take it from here, all of it, so that the build makes one
 * file of it and not one for each way to share.
 */
export { batch, computed, effect, signal, useComputed, useSignal } from "@preact/signals";
export { useEffect, useMemo, useRef } from "preact/hooks";
export { clock, office } from "../api/client";
export { carryOut, lookUp, pause, pending } from "../api/intention";
export { giveUpOrder, inLine, LINE_PLACES, lookAtOrder, lookAtShow, write } from "../api/orders";
export { keep, readKept } from "../api/kept";
export { problemOf, read, Refused } from "../api/problem";
export { asBuyer, heldToken } from "../api/session";
export { BLOCKED, FREE } from "../feed/fold";
export { format, language, more, problemText, words } from "../text/language";
export { announce } from "./announce";
export { Countdown } from "./countdown";
export { Loading, Note, ProblemNote } from "./note";
export { OrderPlaces } from "./order-places";
export { forgetOrder, ownOrders, rememberOrder } from "./own-orders";
export { HoldButton } from "./picked-places";
export { seatNameText, seatPlaceText } from "./place";
export { go, orderPath, route, showPath } from "./route";
export { Title } from "./title";
export { unread } from "./unread";
export { wishAgain } from "./wish";
