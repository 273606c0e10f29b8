/** Parts of the page that are loaded when they are first needed, with words of their own, so that what comes first stays small. */
import { signal, useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { readMoreWords } from "../text/language";
import { ProblemNote } from "./note";

/** `Meanwhile` is shown until the part is there. One that can't be had may have been replaced: then only a new page knows its name. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>, Meanwhile?: ComponentType): ComponentType<P> {
  const part = signal<ComponentType<P> | undefined>();
  const failed = signal(false);
  return (props) => {
    useEffect(() => {
      if (part.peek()) return;
      failed.value = false;
      Promise.all([load(), readMoreWords()]).then(
        ([loaded]) => (part.value = loaded),
        () => (failed.value = true),
      );
    }, []);
    const Part = part.value;
    if (Part) return <Part {...props} />;
    if (failed.value) return <ProblemNote problem={{ code: "no_answer" }} onRetry={() => location.reload()} />;
    return Meanwhile ? <Meanwhile /> : null;
  };
}

/** A button in whose stead a part is, once it was pressed. */
export function Opener<P extends object>({ name, part: Part, ...props }: { name: string; part: ComponentType<P> } & P) {
  const open = useSignal(false);
  if (open.value) return <Part {...(props as unknown as P)} />;
  return (
    <button type="button" onClick={() => (open.value = true)}>
      {name}
    </button>
  );
}
