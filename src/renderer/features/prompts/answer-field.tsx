import { useState } from 'react';
import { LinkButton } from '../../ui/button.tsx';
import { cx } from '../../ui/cx.ts';
import { Input } from '../../ui/field.tsx';
import styles from './parts.module.css';
import { pastedCode } from './sign-in-view.ts';
import { useQuestionTexts } from './texts.ts';

interface AnswerFieldProps {
  readonly id: string;
  readonly label: string;
  readonly echo: boolean;
  readonly look: 'code' | 'mono' | 'plain';
  readonly isFirst: boolean;
  readonly describedBy: string;
  readonly disabled: boolean;
}

/** One line to answer in. It holds its value itself, which is read when it is sent. What is masked can be shown while one types. */
export function AnswerField({ id, label, echo, look, isFirst, describedBy, disabled }: AnswerFieldProps) {
  const texts = useQuestionTexts().signIn;
  const [isShown, setShown] = useState(false);
  return (
    <div className={styles['field']}>
      <label htmlFor={id} className={styles['label']}>
        {label}
      </label>
      <div className={cx(styles['answer'], !echo && styles['masked'])}>
        <Input
          id={id}
          type={echo || isShown ? 'text' : 'password'}
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
        {echo ? null : (
          <LinkButton
            className={styles['show']}
            aria-pressed={isShown}
            aria-label={texts.showLabel(label)}
            disabled={disabled}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? texts.hide : texts.show}
          </LinkButton>
        )}
      </div>
    </div>
  );
}
