// Figures 1 to 3 of the paper from a run's numbers: what each of section 4's observations rests on.
#pragma once

#include <string>
#include <vector>

#include "danas/easiness/agreement.h"
#include "danas/easiness/class_easiness.h"
#include "danas/easiness/network_judgement.h"
#include "danas/easiness/neuron_relevance.h"
#include "danas/figures/figure.h"

namespace danas {

// All that the figures, tables and page of `danas easiness` are made from.
struct EasinessStudy {
  std::string dataset;
  std::vector<std::string> class_labels;  // texts to show, in the dataset's order
  ClassEasiness easiness;
  std::vector<NetworkJudgement> judgements;
  Agreement agreement;
  std::vector<RelevanceStudy> relevance = {};
};

// Figure 1, for a network whose training danas recorded: the accuracy of each class after each epoch, classes by
// ascending variance; and the learning curves of the easiest and the hardest classes of the ranking.
Figure AccuracyMatrixFigure(const EasinessStudy& study, const NetworkJudgement& judgement);
Figure LearningCurvesFigure(const EasinessStudy& study, const NetworkJudgement& judgement);

// Figure 2: classes against neurons at each recorded epoch.
Figure RelevanceFigure(const RelevanceStudy& relevance);

// Figure 3: the histograms' mean over networks, in easiness order, with the scores; those of three classes with their
// variance; the confusion matrix, mean over networks.
Figure HistogramsFigure(const EasinessStudy& study);
Figure ThreeHistogramsFigure(const EasinessStudy& study);
Figure ConfusionFigure(const EasinessStudy& study);

// All of them, in the paper's order; Figures 1 and 2 for the networks that have what they need.
std::vector<Figure> EasinessFigures(const EasinessStudy& study);

// Mean over networks of the share of a class's images (rows) taken for each class (columns), in the dataset's order.
Matrix MeanConfusion(const EasinessStudy& study);

// Of each class, mean over networks: 1 - top-1.
std::vector<double> MeanErrors(const EasinessStudy& study);

// "0.123", or "not defined" for NaN.
std::string NumberText(double value, int decimals = 2);

}  // namespace danas
