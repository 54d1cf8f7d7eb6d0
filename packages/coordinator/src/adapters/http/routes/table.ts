import type { Route } from "../route.ts";
import { ASSET_ROUTES } from "./assets.ts";
import { BOOT_ROUTES } from "./boots.ts";
import { CERTIFICATE_ROUTES } from "./certificates.ts";
import { CHECK_ROUTES } from "./check.ts";
import { CLUSTER_ROUTES } from "./cluster.ts";
import { COMMAND_ROUTES } from "./commands.ts";
import { ENROLL_ROUTES } from "./enroll.ts";
import { ETCD_ROUTES } from "./etcd.ts";
import { EVENT_ROUTES } from "./events.ts";
import { LOG_ROUTES } from "./log.ts";
import { LOGIN_ROUTES } from "./login.ts";
import { MACHINE_CHANGE_ROUTES } from "./machine-changes.ts";
import { MACHINE_ROUTES } from "./machines.ts";
import { MANIFEST_ROUTES } from "./manifests.ts";
import { RELAY_ROUTES } from "./relay.ts";
import { STATUS_ROUTES } from "./status.ts";
import { TOKEN_ROUTES } from "./tokens.ts";

/** Every route of the API. What is not in this table does not exist. */
export const ROUTES: readonly Route[] = [
	...ENROLL_ROUTES,
	...RELAY_ROUTES,
	...MACHINE_ROUTES,
	...MACHINE_CHANGE_ROUTES,
	...COMMAND_ROUTES,
	...BOOT_ROUTES,
	...ASSET_ROUTES,
	...CLUSTER_ROUTES,
	...CHECK_ROUTES,
	...TOKEN_ROUTES,
	...LOGIN_ROUTES,
	...CERTIFICATE_ROUTES,
	...ETCD_ROUTES,
	...LOG_ROUTES,
	...MANIFEST_ROUTES,
	...EVENT_ROUTES,
	...STATUS_ROUTES,
];
