import { assertNever } from '../../../shared/model/failure.ts';
import { ConfirmPrompt } from './confirm-prompt.tsx';
import { ElsewherePrompt } from './elsewhere-prompt.tsx';
import { HostKeyPrompt } from './host-key-prompt.tsx';
import type { PromptProps } from './prompt-props.ts';
import { SignInPrompt } from './sign-in-prompt.tsx';

/** The sheet of a question. Each question is a sheet of its own: what was typed for one never reaches another. */
export function PromptView(props: PromptProps) {
  switch (props.prompt.kind) {
    case 'host-key':
      return <HostKeyPrompt key={props.prompt.id} {...props} />;
    case 'confirm':
      return props.prompt.elsewhere === null ? (
        <ConfirmPrompt key={props.prompt.id} {...props} />
      ) : (
        <ElsewherePrompt key={props.prompt.id} {...props} />
      );
    case 'password':
    case 'otp':
    case 'passphrase':
      return <SignInPrompt key={props.prompt.id} {...props} />;
    default:
      return assertNever(props.prompt.kind);
  }
}
