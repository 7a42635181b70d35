import { Input } from '../../ui/field.tsx';
import styles from './parts.module.css';
import { pastedCode } from './sign-in-view.ts';

interface AnswerFieldProps {
  readonly id: string;
  readonly label: string;
  readonly isMasked: boolean;
  readonly look: 'code' | 'mono' | 'plain';
  readonly isFirst: boolean;
  readonly describedBy: string;
  readonly disabled: boolean;
}

/** One line to answer in. It holds its value itself, which is read when it is sent. */
export function AnswerField({ id, label, isMasked, look, isFirst, describedBy, disabled }: AnswerFieldProps) {
  return (
    <div className={styles['field']}>
      <label htmlFor={id} className={styles['label']}>
        {label}
      </label>
      <Input
        id={id}
        type={isMasked ? 'password' : 'text'}
        className={look === 'code' ? styles['code'] : undefined}
        mono={look !== 'plain'}
        autoComplete={look === 'plain' ? 'off' : 'one-time-code'}
        autoCapitalize="off"
        data-answer=""
        data-autofocus={isFirst ? '' : undefined}
        autoFocus={isFirst}
        aria-describedby={describedBy}
        maxLength={8192}
        disabled={disabled}
        onPaste={(event) => {
          if (look === 'plain') return;
          const text = event.clipboardData.getData('text/plain');
          const code = pastedCode(text);
          if (code === text) return;
          event.preventDefault();
          const { currentTarget: field } = event;
          field.setRangeText(code, field.selectionStart ?? 0, field.selectionEnd ?? field.value.length, 'end');
        }}
      />
    </div>
  );
}
