import { ROLES } from "../guard/index.ts";
import type { Option } from "./command.ts";

/** What somebody is let do. */
export const ROLE_OPTION: Option = {
  flags: "--role <role>",
  summary: "viewers read; operators also start runs and calls; approvers also decide; admins do everything",
  required: true,
  choices: ROLES,
};
