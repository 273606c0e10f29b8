/** What ticket types a buyer has chosen for the places that they have picked, or have sought side by side. */
import type { NewOrder, Show, TicketType, Together } from "../../api/client";
import { signal } from "../first";
import type { ShowVisit } from "../show-visit";
import { type Place, typesOf } from "./tariff";

export interface Picked extends Place {
  readonly zone?: string;
  /** Which of the zone's places. */
  readonly at?: number;
}

type TypedPlaces = NonNullable<NewOrder["ticket_types"]>[number];

export class Choices {
  private readonly ofSeats = signal<ReadonlyMap<string, string>>(new Map());
  private readonly ofZones = signal<ReadonlyMap<string, readonly (string | undefined)[]>>(new Map());
  /** How many of those that are found side by side, by type. */
  readonly ofTogether = signal<ReadonlyMap<string, number>>(new Map());

  constructor(private readonly visit: ShowVisit) {
    visit.amend = (request) => this.amend(request);
  }

  /** All that is picked, a place each: seats first. */
  places(): Picked[] {
    const { seen, picks } = this.visit;
    const plan = seen.value?.plan;
    const categoryOf = (at: number | undefined): string => plan?.categories[at ?? -1]?.name ?? "";
    const seats = [...picks.seats.value].map((seat) => ({
      seat,
      category: categoryOf(plan?.seats[plan.index.get(seat) ?? -1]?.category),
      type: this.ofSeats.value.get(seat),
    }));
    const zones = [...picks.zones.value].flatMap(([zone, count]) => {
      const category = categoryOf(plan?.zones.find(({ name }) => name === zone)?.category);
      const types = this.ofZones.value.get(zone);
      return Array.from({ length: count }, (_, at) => ({ zone, at, category, type: types?.[at] }));
    });
    return [...seats, ...zones];
  }

  choose({ seat, zone, at }: Picked, type: string): void {
    if (seat) this.ofSeats.value = new Map(this.ofSeats.peek()).set(seat, type);
    if (!zone) return;
    const types = [...(this.ofZones.peek().get(zone) ?? [])];
    types[at ?? 0] = type;
    this.ofZones.value = new Map(this.ofZones.peek()).set(zone, types);
  }

  remove({ seat, zone, at }: Picked): void {
    const { picks } = this.visit;
    if (seat) this.visit.pickSeat(seat);
    if (!zone) return;
    const types = this.ofZones.peek().get(zone)?.filter((_, other) => other !== at) ?? [];
    this.ofZones.value = new Map(this.ofZones.peek()).set(zone, types);
    picks.setZone(zone, (picks.zones.peek().get(zone) ?? 0) - 1);
  }

  private amend(request: NewOrder): NewOrder {
    const show = this.visit.seen.peek()?.show;
    if (!show?.ticket_types) return request;
    const { together } = request;
    const typed = together ? this.typedTogether(show, placesOf(together)) : this.typedPicks(show);
    return typed.length > 0 ? { ...request, ticket_types: typed } : request;
  }

  private typedPicks(show: Show): TypedPlaces[] {
    const chosen = this.places().filter(({ category, type }) => type && type !== typesOf(show, category)[0]?.id);
    const types = [...new Set(chosen.map(({ type }) => type ?? ""))];
    return types.map((type) => {
      const places = chosen.filter((place) => place.type === type);
      const zones = [...new Set(places.flatMap(({ zone }) => zone ?? []))];
      return {
        ticket_type: type,
        seats: places.flatMap(({ seat }) => seat ?? []),
        zones: zones.map((zone) => ({ zone, count: places.filter((place) => place.zone === zone).length })),
      };
    });
  }

  private typedTogether(show: Show, count: number): TypedPlaces[] {
    let left = count;
    return (show.ticket_types ?? []).flatMap(({ id }: TicketType) => {
      const some = Math.min(left, this.ofTogether.peek().get(id) ?? 0);
      left -= some;
      return some > 0 ? [{ ticket_type: id, count: some }] : [];
    });
  }
}

function placesOf({ count, groups }: Together): number {
  return count ?? (groups ?? []).reduce((sum, group) => sum + group, 0);
}

const known = new WeakMap<ShowVisit, Choices>();

/** The same for all parts of a visit's page. */
export function choicesOf(visit: ShowVisit): Choices {
  const choices = known.get(visit) ?? new Choices(visit);
  known.set(visit, choices);
  return choices;
}
