import { type Clock, type Instant, InvariantError } from "../contracts/index.ts";
