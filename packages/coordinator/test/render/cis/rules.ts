import { API_SERVER_RULES } from "./api-server-rules.ts";
import { OTHERS_RULES } from "./component-rules.ts";
import { FILES_RULES } from "./file-rules.ts";
import { KUBELET_RULES } from "./kubelet-rules.ts";
import type { Rule } from "./rule.ts";
import { STATIC_PODS_RULES } from "./static-pod-rules.ts";

/** All rules. */
export const RULES: readonly Rule[] = [
	...FILES_RULES,
	...API_SERVER_RULES,
	...OTHERS_RULES,
	...KUBELET_RULES,
	...STATIC_PODS_RULES,
];
