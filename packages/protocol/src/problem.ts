import { z } from "zod";

/** Every code that an answer of refusal can carry, with the HTTP status that stands for it. */
export const PROBLEM_STATUS = {
	"bad-request": 400,
	unauthorized: 401,
	forbidden: 403,
	"token-unknown": 403,
	"token-used": 403,
	"token-expired": 401,
	"token-revoked": 401,
	"machine-rejected": 403,
	"incarnation-fenced": 409,
	"boot-waits": 503,
	"not-found": 404,
	"unknown-machine": 404,
	conflict: 409,
	"quorum-at-risk": 409,
	"too-large": 413,
	"wrong-host": 421,
	"document-invalid": 422,
	"too-many-requests": 429,
	"machine-unreachable": 504,
	"not-leader": 503,
	"not-ready": 503,
	internal: 500,
} as const;
export type ProblemCode = keyof typeof PROBLEM_STATUS;

/**
 * Why something was refused, the same over HTTP and over the bus: a stable code, a sentence, and what to do next.
 * `path` names the field of the input, `machineId` the machine, where there is one. (Shape after RFC 9457.)
 */
export const Problem = z.strictObject({
	code: z.enum(Object.keys(PROBLEM_STATUS) as [ProblemCode, ...ProblemCode[]]),
	message: z.string().max(2048),
	next: z.string().max(1024).optional(),
	machineId: z.string().max(63).optional(),
	path: z.string().max(512).optional(),
	/** The members of RFC 9457, over HTTP: a URN of the code, the code in words, the status, and the message again. */
	type: z.string().max(128).optional(),
	title: z.string().max(128).optional(),
	status: z.int().optional(),
	detail: z.string().max(2048).optional(),
	/** All findings, where one input has several. */
	details: z
		.array(
			z.strictObject({
				path: z.string().max(512),
				message: z.string().max(1024),
				suggestion: z.string().max(512).optional(),
			}),
		)
		.max(64)
		.optional(),
});
export type Problem = z.infer<typeof Problem>;
