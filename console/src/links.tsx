import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTenant } from "./api/query.ts";

/* Ways from one screen to another, within the tenant in the URL. */

interface LinkProps {
  readonly children: ReactNode;
  readonly title?: string | undefined;
}

export const RunLink = ({ run, ...rest }: LinkProps & { readonly run: string }) => (
  <Link to="/t/$tenant/runs/$run" params={{ tenant: useTenant(), run }} {...rest} />
);

/** To a bundle, by its id or its root digest. */
export const BundleLink = ({ bundle, ...rest }: LinkProps & { readonly bundle: string }) => (
  <Link to="/t/$tenant/releases/$bundle" params={{ tenant: useTenant(), bundle }} {...rest} />
);

/** To a decision, at one of its gates where that is told. */
export const DecisionLink = ({
  evaluation,
  gate,
  ...rest
}: LinkProps & Readonly<{ evaluation: string; gate?: string }>) => (
  <Link
    to="/t/$tenant/gates/$evaluation"
    params={{ tenant: useTenant(), evaluation }}
    {...(gate === undefined ? {} : { hash: gate })}
    {...rest}
  />
);

/** To a policy by its digest. */
export const PolicyLink = ({ policy, ...rest }: LinkProps & { readonly policy: string }) => (
  <Link to="/t/$tenant/gates/policies/$policy" params={{ tenant: useTenant(), policy }} {...rest} />
);

/** To a stream, at one of its events where that is told. */
export const StreamLink = ({ stream, seq, ...rest }: LinkProps & Readonly<{ stream: string; seq?: number }>) => (
  <Link to="/t/$tenant/ledger/$stream" params={{ tenant: useTenant(), stream }} search={{ seq }} {...rest} />
);
