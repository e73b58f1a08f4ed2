import "./field.css";

interface TextFieldProps {
  readonly label: string;
  readonly value: string | undefined;
  readonly placeholder?: string;
  /** Called with what was typed, once it is meant: on Enter, or when the field is left. */
  readonly onCommit: (value: string | undefined) => void;
}

/** A field whose value stands elsewhere, such as in the URL. */
export function TextField({ label, value = "", placeholder = "any", onCommit }: TextFieldProps) {
  const commit = (typed: string): void => {
    const meant = typed.trim();
    if (meant !== value) onCommit(meant === "" ? undefined : meant);
  };
  return (
    <label className="field">
      {label}
      <input
        key={value}
        defaultValue={value}
        placeholder={placeholder}
        onBlur={({ currentTarget }) => commit(currentTarget.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") commit(currentTarget.value);
        }}
      />
    </label>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly value: string | undefined;
  /** Value and what is shown for it; the empty value is none. */
  readonly options: readonly (readonly [value: string, says: string])[];
  readonly onChoose: (value: string | undefined) => void;
}

export const Choice = ({ label, value = "", options, onChoose }: ChoiceProps) => (
  <label className="field">
    {label}
    <select value={value} onChange={({ target }) => onChoose(target.value === "" ? undefined : target.value)}>
      {options.map(([one, says]) => (
        <option key={one} value={one}>
          {says}
        </option>
      ))}
    </select>
  </label>
);
