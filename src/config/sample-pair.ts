/** The key pair of the official documentation, which the first merchant of the sandbox has. It opens nothing else. */
export const SAMPLE_PAIR = {
  impKey: 'imp_apikey',
  impSecret: 'ekKoeW8RyKuT0zgaZsUtXXTLQ4AhPFW3ZGseDA6bkA5lamv9OqDMnxyeB9wqOsuO9W3Mx9YSJ4dTqJ3f',
} as const;
