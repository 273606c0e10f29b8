/** A name, and one of several. */
interface ChoiceOptions {
  label: string;
  value: string;
  /** Each as it is meant, and as it is told. */
  options: readonly (readonly [string, string])[];
  onChoice(value: string): void;
  hint?: string;
}

export function Choice({ label, value, options, onChoice, hint }: ChoiceOptions) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoice(event.currentTarget.value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
      {hint && <small class="hint">{hint}</small>}
    </label>
  );
}

export function numbers(least: number, most: number): (readonly [string, string])[] {
  return Array.from({ length: most - least + 1 }, (_, at) => [String(least + at), String(least + at)] as const);
}
