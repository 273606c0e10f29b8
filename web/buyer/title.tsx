/** A page's heading: names the window, and takes the focus when the buyer comes from another page or state. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../text/language";
import { hasMoved } from "./route";

export function Title({ name, children }: { name: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { office } = words.value;
  useEffect(() => {
    document.title = `${name} · ${office}`;
  }, [name, office]);
  useEffect(() => {
    if (hasMoved.value) heading.current?.focus();
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? name}
    </h1>
  );
}
