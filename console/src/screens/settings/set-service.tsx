import { useState } from "react";
import { ApiError } from "../../api/client.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import type { Service } from "./channels.tsx";
import { parseSettings } from "./members.ts";

/** Sets where and with which secret a service is reached: as a whole, for no answer holds what is set already. */
export function SetServiceDialog({
  service,
  onClose,
}: {
  readonly service: Service | null;
  readonly onClose: () => void;
}) {
  const [name, setName] = useState(service?.service ?? "");
  const [origin, setOrigin] = useState(service?.origin ?? "https://");
  const [secret, setSecret] = useState("");
  const [lines, setLines] = useState("");
  const lost = service?.settings ?? [];
  return (
    <ActDialog
      title={service === null ? "Set a service" : `Change ${service.service}?`}
      verb="set it"
      needsReason={null}
      onClose={onClose}
      onConfirm={async (_reason, act) => {
        const parsed = parseSettings(lines);
        if (!parsed.ok) throw notASetting(parsed.line);
        await act("/v1/credentials", { service: name, origin, secret, settings: parsed.settings });
      }}
    >
      <label>
        service
        <input
          value={name}
          required
          readOnly={service !== null}
          placeholder="stripe"
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <label>
        origin
        <input value={origin} required inputMode="url" onChange={({ target }) => setOrigin(target.value)} />
      </label>
      <label>
        secret
        <input
          value={secret}
          required
          type="password"
          autoComplete="off"
          onChange={({ target }) => setSecret(target.value)}
        />
      </label>
      <label>
        settings, one name=value a line
        <textarea value={lines} rows={3} spellCheck={false} onChange={({ target }) => setLines(target.value)} />
      </label>
      {lost.length === 0 ? null : (
        <p className="wait">◔ It has {lost.join(", ")}: give them again, what is not given is gone.</p>
      )}
      <p className="soft">The next call uses it. Webhooks signed with the one before are taken for 24 h more.</p>
    </ActDialog>
  );
}

const notASetting = (line: string): ApiError =>
  new ApiError(
    { code: "REQUEST_INVALID", detail: `\`${line}\` is no setting`, remedy: "write `name=value`, one a line" },
    400,
  );
