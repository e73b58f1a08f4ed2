import { useState } from "react";
import type { Provider } from "../../../../src/ingress/index.ts";
import { ActDialog } from "../../ui/dialog.tsx";

const PROVIDERS: { readonly [P in Provider]: string } = {
  stripe: "Stripe",
  shopify: "Shopify",
  printful: "Printful",
  sendgrid: "SendGrid",
};

interface OpenAddressProps {
  readonly onClose: () => void;
  /** Told the address, whose token no later answer holds. */
  readonly onOpened: (address: string) => void;
}

export function OpenAddressDialog({ onClose, onOpened }: OpenAddressProps) {
  const [provider, setProvider] = useState("stripe");
  return (
    <ActDialog
      title="Open an address"
      verb="open it"
      needsReason={null}
      onClose={onClose}
      onConfirm={async (_reason, act) => {
        const { path } = await act<{ readonly path: string }>("/v1/endpoints", { provider });
        onOpened(`${location.origin}${path}`);
      }}
    >
      <label>
        who delivers there
        <select value={provider} onChange={({ target }) => setProvider(target.value)}>
          {Object.entries(PROVIDERS).map(([name, says]) => (
            <option key={name} value={name}>
              {says}
            </option>
          ))}
        </select>
      </label>
      <p className="soft">
        The address is shown once, after it was opened. What is not signed by the provider is taken by no address.
      </p>
    </ActDialog>
  );
}
