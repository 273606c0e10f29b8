/** A field with its name above it, and below it what is wrong with what is in it. */
interface FieldOptions {
  /** Its id, once on the page. */
  id: string;
  label: string;
  fault?: string | undefined;
  value: string;
  onValue(value: string): void;
  attributes: { type: "text" | "email" | "tel"; autocomplete: "off" | "name" | "email" | "tel"; maxLength: number };
}

export function Field({ id, label, fault, value, onValue, attributes }: FieldOptions) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        aria-invalid={fault !== undefined}
        {...(fault ? { "aria-describedby": `${id}-fault` } : {})}
        onInput={(event) => onValue(event.currentTarget.value)}
        {...(attributes as object)}
      />
      {fault && (
        <p id={`${id}-fault`} class="fault">
          {fault}
        </p>
      )}
    </div>
  );
}
