import './ui/fonts.css';
import './ui/tokens.css';
import './ui/base.css';
import { App } from './app.tsx';
import { startPage } from './page.tsx';

startPage(<App />);
