import type { Parser } from "../parser.ts";
import { API_PARSERS } from "./api.ts";
import { ARCHIVE_PARSERS } from "./archives.ts";
import { BOOT_PARSERS } from "./boot.ts";
import { DOCUMENT_PARSERS } from "./documents.ts";
import { LOG_PARSERS } from "./log.ts";
import { MACHINE_PARSERS } from "./machine.ts";
import { MESSAGE_PARSERS } from "./messages.ts";
import { OPENPGP_PARSERS } from "./openpgp.ts";
import { SERVICE_PARSERS } from "./services.ts";
import { SIGN_IN_PARSERS } from "./sign-in.ts";
import { STREAM_PARSERS } from "./stream.ts";

/** Every parser of what somebody else wrote. */
export const parsers: readonly Parser[] = [
	...BOOT_PARSERS,
	...MESSAGE_PARSERS,
	...API_PARSERS,
	...DOCUMENT_PARSERS,
	...ARCHIVE_PARSERS,
	...MACHINE_PARSERS,
	...LOG_PARSERS,
	...SERVICE_PARSERS,
	...SIGN_IN_PARSERS,
	...STREAM_PARSERS,
	...OPENPGP_PARSERS,
];
