import { z } from "zod";

/** `GET /v1/login`: where people sign in, and as which client. */
export const LoginView = z.strictObject({
	issuer: z.string(),
	clientId: z.string(),
	/** What is asked for, in the words of OAuth. */
	scopes: z.array(z.string()),
});
export type LoginView = z.infer<typeof LoginView>;
